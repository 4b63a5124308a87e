from training.metrics.charts import drift_charts, forge_charts, memory_charts, quality_charts
from training.metrics.drift import Drift, Window
from training.metrics.forge import Forge, Triple
from training.metrics.intervals import Estimate
from training.metrics.memory import Likeness, Memory, Revisits
from training.metrics.quality import Horizon, OneFrame, Quality

ONE = Estimate(1.0, (0.5, 1.5), 3)
NOTHING = Estimate(float("nan"), (float("nan"), float("nan")), 0)
LIKE, NONE = Likeness(ONE, ONE, ONE, ONE), Likeness(NOTHING, NOTHING, NOTHING, NOTHING)


def test_horizons_have_a_curve_with_its_interval_for_each_shown() -> None:
    names = [f"{measure}_{shown}" for measure in ("psnr", "ssim") for shown in ("generated", "repeat", "ceiling")]
    numbers, doubt = dict.fromkeys(names, 20.0), dict.fromkeys(names, (19.0, 21.0))
    horizons = tuple(Horizon(ahead, **numbers, sharpness_ratio=1, intervals=doubt) for ahead in (1, 8, 64))
    one_frame = OneFrame(1, 1, 1.0, 20.0, 20.0, 20.0, 0.0, (0.0, 0.0), 0.0)
    charts = quality_charts(Quality(one_frame, 4, horizons))
    assert [chart.count("<polygon") for chart in charts] == [3, 3]
    assert all(">64</text>" in chart and ">repeat last</text>" in chart for chart in charts)


def test_drift_is_relative_to_its_first_window_and_leaves_out_what_began_at_nothing() -> None:
    windows = (Window(2.0, 90.0, 90.0, 90.0, 30.0, 0.0), Window(1.0, 90.0, 90.0, 90.0, 30.0, 2.0))
    relative, sharpness = drift_charts(Drift({"cave": windows, "sea": windows}, {}, 0))
    assert ">sharpness</text>" in relative
    assert ">motion</text>" not in relative
    assert ">cave</text>" in sharpness
    assert ">sea</text>" in sharpness


def test_memory_has_a_curve_per_path() -> None:
    ages = {2: Revisits(LIKE, LIKE), 60: Revisits(NONE, NONE)}
    charts = memory_charts(Memory(1, {}, {"turn 90": ages, "walk 32": ages}))
    assert len(charts) == 3
    assert ">walk 32</text>" in charts[0]


def test_lpips_is_drawn_when_it_was_measured() -> None:
    triple = Triple(ONE, ONE, ONE)
    without = Forge(2, triple, {4: ONE}, {4: ONE}, None, None, None, ("LPIPS left out",))
    assert len(forge_charts(without)) == 1
    measured = Forge(2, triple, {4: ONE}, {4: ONE}, triple, {1: triple, 6: triple}, None, ())
    assert ">LPIPS by frames ahead</text>" in forge_charts(measured)[1]
