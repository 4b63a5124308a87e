"""How the game is set up: what of its picture, its physics and its world matters to footage."""

from dataclasses import dataclass
from pathlib import Path

from model.actions import KEYS

DEGREES_PER_COUNT = 0.05
"""The camera turns by whole counts of the mouse: at `mouse_sensitivity` 0.05 and a field of view of 72 degrees."""
FIELD_OF_VIEW = 72
"""Vertical degrees; the game's own default."""
VIEW_NODES = 70
"""How far one sees; fog hides the end. 50 draws 30 % faster."""
GAME = "minetest"
"""The game that the engine runs: Minetest Game, the Debian package minetest-data."""

_SMALL = 320  # pixels; pictures up to this width are drawn at twice the size, which takes the flicker out of them
# controls in the order of model.actions.KEYS: the keys that lockstep.c presses
_CONTROLS = dict(
    zip(
        KEYS,
        (
            ("forward", "KEY_KEY_W"),
            ("backward", "KEY_KEY_S"),
            ("left", "KEY_KEY_A"),
            ("right", "KEY_KEY_D"),
            ("jump", "KEY_SPACE"),
            ("sneak", "KEY_LSHIFT"),
            ("aux1", "KEY_KEY_E"),
            ("dig", "KEY_KEY_K"),
            ("place", "KEY_KEY_L"),
        ),
        strict=True,
    )
)


@dataclass(frozen=True, kw_only=True)
class GameSettings:
    """One running game."""

    size: tuple[int, int]
    """Height and width of the frames."""
    fps: float
    world_seed: int
    port: int
    """UDP port of the game's own server."""
    clouds: bool = True
    """They drift, also while nobody moves."""

    @property
    def shrink(self) -> int:
        """Factor by which the drawn picture is larger than the frames."""
        return 2 if self.size[1] <= _SMALL else 1

    def text(self) -> str:
        """Return the game's configuration file."""
        height, width = (side * self.shrink for side in self.size)
        return _lines(
            _PICTURE
            | _WALK
            | _WORLD
            | {f"keymap_{control}": key for control, key in _CONTROLS.values()}
            | {
                "screen_w": width,
                "screen_h": height,
                "fov": FIELD_OF_VIEW,
                "viewing_range": VIEW_NODES,
                "mouse_sensitivity": DEGREES_PER_COUNT,
                "enable_clouds": self.clouds,
                "fixed_map_seed": self.world_seed,
            }
        )

    def write(self, folder: Path) -> None:
        """Lay the game's configuration and an empty world with the capture's mod into `folder`."""
        mod = folder / "world" / "worldmods" / "arvd_capture"
        mod.mkdir(parents=True)
        for source in (Path(__file__).parent / "game").iterdir():
            (mod / source.name).write_bytes(source.read_bytes())
        (folder / "world" / "world.mt").write_text(_lines(_MAP))
        (folder / "minetest.conf").write_text(self.text())


_PICTURE = {
    "video_driver": "opengl",
    "autosave_screensize": False,
    "fullscreen": False,
    "vsync": False,
    "fps_max": 500,  # the lock-step sets the pace
    "fps_max_unfocused": 500,
    "pause_on_lost_focus": False,
    "enable_3d_clouds": True,
    "smooth_lighting": True,
    "leaves_style": "fancy",
    "connected_glass": True,
    "mip_map": True,
    "trilinear_filter": True,
    "enable_shaders": False,
    "enable_dynamic_shadows": False,
    "node_highlighting": "none",
    "show_entity_selectionbox": False,
    "enable_minimap": False,
    "show_debug": False,
    "show_statusline_on_connect": False,
    "desynchronize_mapblock_texture_animation": False,
    # the camera moves by actions alone
    "view_bobbing_amount": 0,
    "fall_bobbing_amount": 0,
    "arm_inertia": False,
    "cinematic": False,
}
_WALK = {
    # sprinting is the game's fast mode, slowed down to what a runner does
    "fast_move": True,
    "free_move": False,
    "noclip": False,
    "always_fly_fast": False,
    "aux1_descends": False,
    "movement_speed_walk": 4,
    "movement_speed_fast": 5.6,
    "movement_acceleration_fast": 10,
    "safe_dig_and_place": False,
    "keymap_inventory": "KEY_F11",  # nothing that opens a window is on a key that is ever pressed
    "keymap_drop": "KEY_F12",
}
_WORLD = {
    "name": "player",  # "singleplayer" is refused
    "bind_address": "127.0.0.1",
    "server_announce": False,
    "enable_remote_media_server": False,
    "update_information_url": "",
    "update_last_checked": "disabled",
    "enable_sound": False,
    "mg_name": "v7",
    "time_speed": 0,
    "creative_mode": True,
    "enable_damage": False,
    "mobs_spawn": False,
    "enable_rollback_recording": False,
    "dedicated_server_step": 0.05,
    "max_block_generate_distance": 6,
    "max_block_send_distance": 8,
    "max_simultaneous_block_sends_per_client": 200,
    "num_emerge_threads": 1,
}
_MAP = {
    "gameid": GAME,
    "world_name": "world",
    "backend": "dummy",  # a world lives as long as its game: nothing of it goes to the disk
    "player_backend": "dummy",
    "auth_backend": "files",
    "mod_storage_backend": "dummy",
    "creative_mode": True,
    "enable_damage": False,
    "load_mod_arvd_capture": True,
}


def _lines(settings: dict[str, object]) -> str:
    def shown(value: object) -> object:
        return str(value).lower() if isinstance(value, bool) else value

    return "".join(f"{name} = {shown(value)}\n" for name, value in settings.items())
