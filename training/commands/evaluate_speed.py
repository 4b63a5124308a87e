"""What `arvd-eval speed` measures beyond one world in one runtime: several runtimes, and several sizes."""

import argparse
from typing import TYPE_CHECKING, Any

from model.errors import RunError
from model.runtimes.names import ONNX_RUNTIMES, RUNTIMES

from .evaluate_output import check_file, check_folder, plain, write_json, write_page

if TYPE_CHECKING:
    from ..metrics.report import Chapter
    from ..metrics.tables import TableConsole

_GROWTH = "milliseconds of a frame by parameters and tokens, transformers with random weights"


def add_speed_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `arvd-eval speed` alone."""
    parser.add_argument(
        "--growth", action="store_true", help="measure random worlds of 5 M to 1.3 B parameters instead of a world"
    )


def is_wide(arguments: argparse.Namespace) -> bool:
    """Whether more is asked for than one world in one runtime."""
    return arguments.verb == "speed" and (arguments.growth or len(parse_runtimes(arguments.runtime)) > 1)


def parse_runtimes(text: str) -> tuple[str, ...]:
    """Names of runtimes from `--runtime`: one, several with commas between them, or `all`."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    return (*RUNTIMES, *ONNX_RUNTIMES) if names == ("all",) else names


def run_speed(arguments: argparse.Namespace) -> int:
    """Measure, print and write; returns the exit code."""
    check_file(arguments.json)
    check_folder(arguments.report, "report")
    from ..metrics.tables import open_console

    console = open_console(stderr=arguments.json == "-")
    title, about, found, chapter = (_growth if arguments.growth else _several)(arguments, console)
    document = plain(about | found)
    write_json(arguments.json, document)
    if arguments.report is not None:
        facts = {name: str(value) for name, value in about.items()}
        write_page(arguments.report, title, facts, [chapter], found["left_out"], document)
        console.print(f"wrote {arguments.report / 'index.html'}", soft_wrap=True)
    return 0


def _several(
    arguments: argparse.Namespace, console: "TableConsole"
) -> tuple[str, dict[str, Any], dict[str, Any], "Chapter"]:
    """Title, facts, findings and chapter of one world in several runtimes."""
    from model.world_spec import find_world, read_spec, world_hash

    from ..metrics.report import Chapter
    from ..metrics.speed import SpeedConfig, measure_runtimes
    from ..metrics.tables_speed import print_left_out, print_speed
    from .evaluate_measures import Progress

    folder = find_world(arguments.world)
    spec = read_spec(folder)
    given = {name: vars(arguments)[name] for name in ("seed", "steps", "frames") if vars(arguments)[name] is not None}
    names = parse_runtimes(arguments.runtime)
    with Progress(console) as progress:
        results, left_out = measure_runtimes(
            str(folder), names, SpeedConfig(**given), device=arguments.device, progress=progress
        )
    if not results:
        raise RunError(next(iter(left_out.values())))
    print_speed(console, list(results.values()))
    print_left_out(console, left_out)
    about = {"world": spec.name, "hash": world_hash(folder), "seed": arguments.seed}
    found = {name: result.document() for name, result in results.items()}
    chapter = Chapter("speed", "frames per second and milliseconds per stage by runtime", console.shown)
    return f"{spec.title}: speed", about, {"runtimes": found, "left_out": left_out}, chapter


def _growth(
    arguments: argparse.Namespace, console: "TableConsole"
) -> tuple[str, dict[str, Any], dict[str, Any], "Chapter"]:
    """Title, facts, findings and chapter of several sizes."""
    if len(parse_runtimes(arguments.runtime)) > 1:
        raise RunError("growth is measured in one precision; give one runtime to --runtime")
    name = "eager" if arguments.runtime == "auto" else arguments.runtime
    from model.runtime import choose_runtime
    from model.sampler import SamplerConfig

    from ..metrics.charts import growth_charts
    from ..metrics.growth import GrowthConfig, measure_growth
    from ..metrics.report import Chapter
    from ..metrics.tables_speed import print_growth
    from .evaluate_measures import Progress

    given = {name: vars(arguments)[name] for name in ("seed", "steps", "frames") if vars(arguments)[name] is not None}
    config = GrowthConfig(**given)
    if not SamplerConfig().allows(config.steps):
        raise RunError(f"no sampler for {config.steps} steps; use one of {', '.join(sorted(SamplerConfig().steps))}")
    runtime = choose_runtime(arguments.device, name)
    if runtime.name != "eager":
        raise RunError("growth is measured as the model computes by itself; give --runtime eager or eager-fp32")
    with Progress(console) as progress:
        result = measure_growth(runtime, config, progress=progress)
    print_growth(console, result)
    chapter = Chapter("growth", _GROWTH, console.shown, growth_charts(result))
    return "Growth of cost", {"seed": arguments.seed}, result.document(), chapter
