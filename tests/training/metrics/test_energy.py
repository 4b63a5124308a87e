"""Counters are those of a machine that is written to disk for the test."""

import stat
from pathlib import Path

import pytest
import torch

from training.metrics import energy
from training.metrics.energy import Energy, EnergyMeter, mean_watts

CPU = torch.device("cpu")


def zone(folder: Path, name: str, about: str, microjoules: int) -> Path:
    place = folder / name
    place.mkdir()
    (place / "name").write_text(f"{about}\n")
    (place / "energy_uj").write_text(f"{microjoules}\n")
    (place / "max_energy_range_uj").write_text("1000000000\n")
    return place


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(energy, "POWERCAP", tmp_path)
    return tmp_path


def test_packages_are_added_and_their_parts_are_not(machine: Path) -> None:
    packages = [zone(machine, f"intel-rapl:{k}", f"package-{k}", 5_000_000) for k in range(2)]
    others = [
        zone(machine, "intel-rapl:0:0", "core", 0),
        zone(machine, "intel-rapl:2", "psys", 0),
    ]
    with EnergyMeter(CPU) as meter:
        for place in (*packages, *others):
            (place / "energy_uj").write_text("8000000\n")
    assert meter.energy.processor_joules == 6.0
    assert meter.energy.gpu_joules is None
    assert meter.energy.missing == {"gpu": "the world runs on the CPU"}
    assert meter.energy.per_frame(4) == Energy(1.5, None, meter.energy.missing)


def test_a_counter_that_begins_again_is_no_loss(machine: Path) -> None:
    place = zone(machine, "intel-rapl:0", "package-0", 999_000_000)
    with EnergyMeter(CPU) as meter:
        (place / "energy_uj").write_text("2000000\n")
    assert meter.energy.processor_joules == 3.0


def test_a_machine_without_counters_says_so(machine: Path) -> None:
    with EnergyMeter(CPU) as meter:
        pass
    assert meter.energy.processor_joules is None
    assert meter.energy.missing["processor"] == "this machine shows no energy counters of the processor"


def test_counters_of_root_alone_are_named(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = zone(machine, "intel-rapl:0", "package-0", 1) / "energy_uj"
    place.chmod(stat.S_IWUSR)
    read = Path.read_text

    def refuse(path: Path) -> str:
        if path == place:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_text", refuse)  # root reads all the same
    with EnergyMeter(CPU) as meter:
        pass
    assert "root alone" in meter.energy.missing["processor"]


def test_readings_that_are_no_numbers_are_passed_over() -> None:
    assert mean_watts("100.0\n[N/A]\n200.0\n15") == pytest.approx(105.0)
    assert mean_watts("[N/A]\n") is None
    assert mean_watts("") is None
