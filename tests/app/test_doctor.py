import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from app import doctor
from app.doctor import Finding, run_doctor
from app.play import main
from app.screen import Screen
from app.settings import load_settings
from app.surroundings import Surroundings
from app.window import DisplayError
from model.errors import WorldError
from model.machine import count_threads
from model.world_spec import bundled_worlds

from .display import PATIENCE, ROOT, Desk


def told(*checks: doctor.Check) -> tuple[int, str]:
    lines: list[str] = []
    code = run_doctor(say=lines.append, checks=checks)
    return code, "\n".join(lines)


def test_remedies_stand_below_their_facts_and_problems_are_counted() -> None:
    def check() -> Iterator[Finding]:
        yield Finding("knee", "fine", "bends")
        yield Finding("toe", "problem", "is missing", "grow one")

    code, text = told(check)
    assert code == 1 and "  knee" in text and "! toe" in text and "-> grow one" in text and "1 problem" in text
    assert told(lambda: [Finding("knee", "note", "creaks", "oil it")])[0] == 0


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on() -> None:
    def check_heart() -> Iterator[Finding]:
        raise RuntimeError("no pulse\nat all")

    code, text = told(check_heart, lambda: [Finding("knee", "fine", "bends")], partial(check_heart))
    assert code == 1 and "bends" in text and text.count("heart     could not be looked at (no pulse at all)") == 2


def test_this_machine_is_described() -> None:
    _, text = told(doctor.check_machine, doctor.check_torch, doctor.check_files, doctor.check_packages)
    for word in ("Python 3.", "cores", "torch", "settings", "GB free for recordings in"):
        assert word in text


def test_the_world_that_is_named_is_the_one_that_is_measured(tiny_world: Path) -> None:
    def measured(*worlds: Path) -> list[Path]:
        checks = [check for check in doctor.checks_with(worlds) if isinstance(check, partial)]
        return [check.args[0] for check in checks if check.func is doctor.check_world]

    assert measured(tiny_world) == [tiny_world]
    bundled = list(bundled_worlds().values())
    assert measured(*bundled) == bundled
    with pytest.raises(WorldError, match="unknown world 'atlantis'"):
        run_doctor("atlantis")


@pytest.mark.parametrize(
    ("screen", "vsync", "notes"),
    [
        (Screen(60.0, waits=True), True, []),
        (Screen(144.0, waits=True), True, []),
        (Screen(30.0, waits=True), True, ["faster mode"]),
        (Screen(60.0, waits=False), True, ["vsync switched on"]),
        (Screen(60.0, waits=False), False, ["Wait for the screen"]),
    ],
)
def test_what_a_display_cannot_do_comes_with_advice(screen: Screen, vsync: bool, notes: list[str]) -> None:
    findings = list(doctor._shown(screen, vsync))
    assert f"shows {screen.rate:g} pictures a second" in findings[0].fact
    noted = [finding for finding in findings if finding.status == "note"]
    assert len(noted) == len(notes) and all(note in finding.remedy for note, finding in zip(notes, noted, strict=True))


@pytest.mark.usefixtures("own_places")
def test_the_doctor_looks_at_a_real_display_and_a_world_of_ones_own(desk: Desk, tiny_world: Path) -> None:
    command = [sys.executable, "-m", "app.play", "--doctor", "--world", str(tiny_world)]
    done = subprocess.run(command, cwd=ROOT, env=desk.environment, capture_output=True, text=True, timeout=PATIENCE)
    lines = done.stdout.splitlines()
    assert done.stderr == "" and done.returncode == int("!" in {line[:1] for line in lines})
    found = {line[2:].split()[0]: line for line in lines if line[:1] in " -!" and line[2:3].strip()}
    assert "drawn by the processor" in found["window"] and "pictures a second" in found["display"]
    assert "pictures" in found["vsync"] and "frames/s in the window on cpu" in found["tiny"]
    assert f"{max(1, count_threads(None) - 1)} of {count_threads(None)} threads" in found["tiny"], "one core draws"
    assert not set(found) & set(bundled_worlds())
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        assert line[:1] not in ("-", "!") or "->" in following, "what falls short comes with what to do about it"


def test_without_a_display_the_window_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    [finding] = doctor.check_window(Surroundings())
    assert finding.status == "problem" and "no display" in finding.fact


def test_a_gpu_that_torch_cannot_use_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_nvidia_driver", lambda: "Fast Card, driver 1.2")
    monkeypatch.setattr("torch.version.cuda", None)
    finding = doctor._gpu_that_torch_misses()
    assert "Fast Card" in finding.fact and "CUDA build" in finding.remedy
    monkeypatch.setattr("torch.version.cuda", "13.0")
    assert "update the NVIDIA driver" in doctor._gpu_that_torch_misses().remedy
    monkeypatch.setattr(doctor, "_nvidia_driver", lambda: None)
    assert doctor._gpu_that_torch_misses().status == "fine"


def test_a_gpu_that_torch_uses_comes_with_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda: (2**30, 2**31))
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Fast Card")
    for told, words in (("Fast Card, driver 570.1", "Fast Card, driver 570.1, 1.0 of 2.0"), (None, "Fast Card, 1.0")):
        monkeypatch.setattr(doctor, "_nvidia_driver", lambda told=told: told)
        assert words in [finding.fact for finding in doctor.check_torch()][-1]


def test_the_disk_of_recordings_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    def usage(path: Path) -> SimpleNamespace:
        looked.append(path)
        return SimpleNamespace(free=2**30)

    monkeypatch.setattr(doctor, "default_folder", lambda: tmp_path / "not" / "yet")
    monkeypatch.setattr("shutil.disk_usage", usage)
    finding = list(doctor.check_files())[-1]
    assert looked == [tmp_path] and finding.status == "note" and "--record" in finding.remedy


@pytest.mark.parametrize("junk", [b"[hands\nmouse = = 3", b"\xff\xfe"])
def test_settings_that_are_no_toml_are_reported_and_left_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, junk: bytes
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_bytes(junk)
    monkeypatch.setenv("ARVD_SETTINGS", str(settings))
    monkeypatch.setattr("app.window.open_window", refuse_window)
    list(doctor.check_window(Surroundings()))
    found = [finding for finding in doctor.check_files() if finding.area == "settings"]
    assert [finding.status for finding in found] == ["note"] and f"{settings} is no TOML" in found[0].fact
    assert "mend it" in found[0].remedy and "settings.toml.broken" in found[0].remedy
    assert settings.read_bytes() == junk and list(tmp_path.iterdir()) == [settings]


def refuse_window(*given: object, **named: object) -> NoReturn:
    raise DisplayError("no display")


def test_settings_that_were_set_aside_are_reported_until_somebody_mends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, aside = tmp_path / "settings.toml", tmp_path / "settings.toml.broken"
    monkeypatch.setenv("ARVD_SETTINGS", str(settings))
    for junk in ("= 3", "= 4"):
        settings.write_text(junk)
        load_settings(settings)
    fine, *notes, _ = doctor.check_files()
    assert fine.status == "fine" and "defaults" in fine.fact
    for note, name in zip(notes, (aside, f"{aside}-2"), strict=True):
        assert f"{name} is no TOML" in note.fact and "in the place of settings.toml" in note.remedy
    aside.write_text("version = 1")
    aside.with_name(f"{aside.name}-2").unlink()
    assert [finding.area for finding in doctor.check_files()] == ["settings", "disk"]


def test_settings_that_cannot_be_read_come_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVD_SETTINGS", str(tmp_path))
    note, _ = doctor.check_files()
    assert note.status == "note" and f"{tmp_path} cannot be read (Is a directory)" in note.fact
    assert "a file that you may read" in note.remedy


def test_what_is_odd_in_the_settings_is_named_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("".join(f"odd{number} = 1\n" for number in range(7)))
    monkeypatch.setenv("ARVD_SETTINGS", str(settings))
    _, *notes, _ = doctor.check_files()
    assert [f"odd{number}" in finding.fact for number, finding in enumerate(notes)] == [True] * 7


def test_packages_that_share_a_name_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(doctor.check_packages()) == []
    monkeypatch.setattr(importlib.metadata, "version", lambda package: "1.0")
    findings = list(doctor.check_packages())
    assert len(findings) == 2 and "pip uninstall pygame pygame-ce" in findings[0].remedy


def test_low_memory_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_free_memory_gb", lambda: 0.3)
    assert [finding.status for finding in doctor.check_machine()][1] == "problem"


def test_the_command_asks_the_doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        doctor, "checks_with", lambda worlds: (lambda: [Finding("toe", "problem", "is missing", "grow one")],)
    )
    assert main(["--doctor"]) == 1
    assert "! toe       is missing" in capsys.readouterr().out
