"""What several of the doctor's checks ask for, each looked at once: the settings, and a window as it turns out here."""

from dataclasses import dataclass
from functools import cached_property

from model.errors import ArvdError

from .screen import Screen
from .settings import Settings, read_settings, settings_path


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A window that was opened and closed again."""

    version: str
    """Of OpenGL."""
    renderer: str
    on_processor: bool
    """Whether the processor, which also makes the frames, draws it."""
    screen: Screen


class Surroundings:
    """What is around the worlds that are played here."""

    @cached_property
    def settings(self) -> Settings:
        """What a person has chosen; the file is left as it is."""
        return read_settings(settings_path()).settings

    @cached_property
    def window(self) -> Sight | ArvdError:
        """A window by these settings, or why there is none."""
        from .window import open_window

        try:
            with open_window((320, 240), "arvd doctor", vsync=self.settings.picture.vsync) as window:
                return Sight(
                    version=str(window.context.info["GL_VERSION"]).partition(" ")[0],
                    renderer=window.renderer,
                    on_processor=window.draws_on_processor,
                    screen=window.screen(),
                )
        except ArvdError as error:
            return error
