import pytest

from model.runtimes.names import RUNTIMES, runtime_of


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_title_leads_back_to_its_runtime(name: str) -> None:
    plain = name.removesuffix("-fp32")
    assert runtime_of(f"{plain} float32") == (f"{plain}-fp32" if f"{plain}-fp32" in RUNTIMES else plain)
    assert runtime_of(f"{plain} bfloat16") == plain
