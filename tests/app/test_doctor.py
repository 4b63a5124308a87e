import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import doctor
from app.doctor import Finding, run_doctor
from app.play import main


def told(*checks: doctor.Check) -> tuple[int, str]:
    lines: list[str] = []
    code = run_doctor(lines.append, checks)
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

    code, text = told(check_heart, lambda: [Finding("knee", "fine", "bends")])
    assert code == 1 and "heart     could not be looked at (no pulse at all)" in text and "bends" in text


def test_this_machine_is_described() -> None:
    _, text = told(doctor.check_machine, doctor.check_torch, doctor.check_files, doctor.check_packages)
    for word in ("Python 3.", "cores", "torch", "settings", "GB free for recordings in"):
        assert word in text


def test_bundled_worlds_are_measured(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "bundled_worlds", lambda: {str(tiny_world): tiny_world})
    monkeypatch.setattr(doctor, "_MEASURE_SECONDS", 0.05)
    [finding] = doctor.check_worlds()
    assert "frames/s on cpu" in finding.fact and "ready in" in finding.fact
    monkeypatch.setattr(doctor, "_frames_per_second", lambda step: 99.0)
    monkeypatch.setattr(doctor, "can_be_fitted", lambda world: False)
    assert [(found.status, found.remedy) for found in doctor.check_worlds()] == [("fine", "")]
    monkeypatch.setattr(doctor, "can_be_fitted", lambda world: True)
    [finding] = doctor.check_worlds()
    assert "arvd-play --tune" in finding.remedy


def test_a_world_that_is_too_slow_comes_with_advice(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "bundled_worlds", lambda: {str(tiny_world): tiny_world})
    monkeypatch.setattr(doctor, "_frames_per_second", lambda step: 3.0)
    monkeypatch.setattr(doctor, "can_be_fitted", lambda world: False)
    [finding] = doctor.check_worlds()
    assert finding.status == "note" and "--steps 1" in finding.remedy


def test_without_a_display_the_window_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    [finding] = doctor.check_window()
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


def test_packages_that_share_a_name_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(doctor.check_packages()) == []
    monkeypatch.setattr(importlib.metadata, "version", lambda package: "1.0")
    findings = list(doctor.check_packages())
    assert len(findings) == 2 and "pip uninstall pygame pygame-ce" in findings[0].remedy


def test_low_memory_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_free_memory_gb", lambda: 0.3)
    assert [finding.status for finding in doctor.check_machine()][1] == "problem"


def test_the_command_asks_the_doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda: [Finding("toe", "problem", "is missing", "grow one")],))
    assert main(["--doctor"]) == 1
    assert "! toe       is missing" in capsys.readouterr().out
