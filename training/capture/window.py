"""The window in which a person sees the game: its frames scaled up, a line of text over them."""

import pygame

from model.errors import DataError

from .client import Frame

_WIDTH = 960  # pixels that the window has across, or a little less
_TEXT, _RED, _SHADE = (255, 255, 255), (255, 90, 80), (0, 0, 0)


class Window:
    """Shows frames with a line of text over them; a context manager."""

    def __init__(self, size: tuple[int, int]) -> None:
        """For frames of `size` (height, width); raises DataError without a screen."""
        height, width = size
        self._scale = max(1, _WIDTH // width)
        try:
            pygame.display.init()
            self._surface = pygame.display.set_mode((width * self._scale, height * self._scale))
        except pygame.error as error:
            raise DataError(f"no window can be opened ({error}); run it on a desktop") from None
        pygame.font.init()
        pygame.display.set_caption("arvd capture")
        self._font = pygame.font.Font(None, 24)

    def show(self, frame: Frame | None, line: str, *, red: bool = False) -> None:
        """Show a frame (none: what was there) and a line of text."""
        if frame is not None:
            picture = pygame.image.frombuffer(frame.tobytes(), frame.shape[1::-1], "RGB")
            self._surface.blit(pygame.transform.scale(picture, self._surface.get_size()), (0, 0))
        text = self._font.render(line, True, _RED if red else _TEXT, _SHADE)
        self._surface.blit(text, (8, 8))
        pygame.display.flip()

    def hold_mouse(self, held: bool) -> None:
        """Keep the mouse for the game, or give it back."""
        pygame.event.set_grab(held)
        pygame.mouse.set_visible(not held)

    def __enter__(self) -> "Window":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the window."""
        pygame.quit()
