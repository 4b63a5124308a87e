"""What the browser's keys and mouse do. Draws nothing, decodes nothing: the same events do the same anywhere."""

from collections.abc import Sequence
from dataclasses import replace

import pygame

from model.errors import ArvdError
from model.footage.edits import Edit, Edits

from ..key_names import shortcut_of
from .archive import Archive
from .clips import ClipList
from .editor import Deletion, Editor
from .layout import Do, Layout
from .playhead import Playhead
from .pointer import Pointer
from .tags import Tags
from .text_field import TextField, Typed

_SAID_SECONDS = 5.0
_STRIDE = 10
_KEYS = {
    pygame.K_SPACE: Do.PLAY,
    pygame.K_i: Do.FIRST,
    pygame.K_o: Do.LAST,
    pygame.K_x: Do.CLEAR,
    pygame.K_t: Do.TAG,
    pygame.K_DELETE: Do.DELETE,
    pygame.K_h: Do.HANDS,
    pygame.K_F3: Do.DETAILS,
    pygame.K_ESCAPE: Do.LEAVE,
}


class Browser:
    """Everything the browser knows besides pictures."""

    def __init__(self, names: Sequence[str], counts: Sequence[int], fps: float, edits: Edits, archive: Archive) -> None:
        """Browse clips of these names and frame counts; changes go to `archive`."""
        self.names, self.counts, self.fps = tuple(names), tuple(counts), fps
        self.editor = Editor(names, edits, archive)
        self.clips = ClipList(names, lambda clip: self.editor.edit_of(clip).tags)
        self.head = Playhead(fps)
        self.tags = Tags(edits)
        self.pointer = Pointer()
        self.typing: TextField | None = None
        """The tag that is being typed."""
        self.filtering: TextField | None = None
        self.asked = False
        """Whether the next press of Delete deletes."""
        self.hands_shown, self.details_shown = True, False
        self.left = False
        self._held: set[int] = set()
        self._said = ("", False, 0.0)
        self._arrive()

    @property
    def clip(self) -> int | None:
        """The clip that is looked at."""
        return self.clips.current

    @property
    def edit(self) -> Edit:
        """Cut and tags of the clip that is looked at, a mark that is being dragged included."""
        if self.clip is None:
            return Edit()
        return self.pointer.dragged or self.editor.edit_of(self.clip)

    @property
    def kept(self) -> range:
        """Frames that are kept of it."""
        return self.edit.kept(self.head.count)

    def said(self, now: float) -> tuple[str, bool]:
        """What is to be told, and whether it is a warning; empty after a while."""
        words, warning, since = self._said
        return (words, warning) if now - since < _SAID_SECONDS or self.asked else ("", False)

    def tick(self, now: float) -> None:
        """Let time pass."""
        self.head.tick(now)

    def feed(self, event: pygame.event.Event, layout: Layout, now: float) -> None:
        """Take an event; what cannot be done is said."""
        try:
            self._feed(event, layout, now)
        except ArvdError as error:
            self.say(str(error), now, warning=True)

    def _feed(self, event: pygame.event.Event, layout: Layout, now: float) -> None:
        if event.type == pygame.KEYDOWN:
            again = event.key in self._held
            self._held.add(event.key)
            self._press(event, again, layout, now)
        elif event.type == pygame.KEYUP:
            self._held.discard(event.key)
        elif event.type == pygame.WINDOWFOCUSLOST:
            self._held.clear()
        else:
            self.pointer.feed(self, event, layout, now)

    def do(self, what: Do, now: float, step: int = 1) -> None:
        """Carry out what a key or a button stands for."""
        asked = self.take_back()
        if what is Do.LEAVE:
            self.left = not asked  # the first Esc takes the question back
        elif what is Do.UNDO:
            self._undo(now)
        elif what is Do.DETAILS:
            self.details_shown = not self.details_shown
        elif what is Do.HANDS:
            self.hands_shown = not self.hands_shown
        elif what is Do.FILTER:
            self.filtering, self.typing = TextField(self.clips.words), None
        elif self.clip is None:
            return
        elif what is Do.PLAY:
            self.head.toggle(now, self.kept.start if self.kept else 0)
        elif what is Do.STEP:
            self.head.step(step)
        elif what is Do.TAG:
            self.typing = TextField()
        elif what is Do.DELETE:
            self._delete(asked, now)
        else:
            self._mark(what)

    def choose(self, clip: int) -> None:
        """Look at a clip of the list."""
        before = self.clip
        self.clips.choose(clip)
        if self.clip != before:
            self._arrive()

    def toggle_tag(self, tag: str, now: float) -> None:
        """Give the clip a tag, or take it away."""
        edit = self.edit
        tags = tuple(other for other in edit.tags if other != tag) if tag in edit.tags else (*edit.tags, tag)
        try:
            tagged = replace(edit, tags=tags)
        except ValueError as error:
            self.say(str(error), now, warning=True)
            return
        if self.change(tagged):
            self.tags.use(tag)
            self.say(f"tagged {tag}" if tag in tags else f"no longer tagged {tag}", now)

    def change(self, edit: Edit) -> bool:
        """Give the clip another cut or other tags; returns whether they are other ones."""
        return self.clip is not None and self.editor.change(self.clip, edit)

    def take_back(self) -> bool:
        """Ask no longer whether to delete; returns whether that was asked."""
        asked, self.asked = self.asked, False
        if asked:
            self._said = ("", False, 0.0)
        return asked

    def say(self, words: str, now: float, *, warning: bool = False) -> None:
        """Show a sentence for a while."""
        self._said = words, warning, now

    def _press(self, event: pygame.event.Event, again: bool, layout: Layout, now: float) -> None:
        letter = shortcut_of(event.key, event.dict.get("scancode", 0))
        if self.typing is not None:
            self._type_tag(self.typing, event, now)
        elif self.filtering is not None and event.key not in (pygame.K_UP, pygame.K_DOWN):
            self._type_filter(self.filtering, event)
        elif event.mod & (pygame.KMOD_CTRL | pygame.KMOD_META):
            if letter == pygame.K_z and not again:
                self.do(Do.UNDO, now)
            elif letter == pygame.K_f:
                self.do(Do.FILTER, now)
        elif not self._walk(event, layout, now) and not again:
            tag = self.tags.numbered(event.unicode)
            what = Do.FILTER if event.unicode == "/" else _KEYS.get(letter)
            if what is not None:
                self.do(what, now)
            elif tag is not None and self.clip is not None:
                self.toggle_tag(tag, now)
            else:
                self.take_back()

    def _walk(self, event: pygame.event.Event, layout: Layout, now: float) -> bool:
        """Take a key that moves, and goes on moving while it is held."""
        page = max(1, int(layout.rows) - 1)
        rows = {pygame.K_UP: -1, pygame.K_DOWN: 1, pygame.K_PAGEUP: -page, pygame.K_PAGEDOWN: page}
        stride = _STRIDE if event.mod & pygame.KMOD_SHIFT else 1
        if event.key in rows:
            before = self.clip
            self.clips.move(rows[event.key])
            self.take_back()
            if self.clip != before:
                self._arrive()
            self.clips.reveal(layout.rows)
        elif event.key in (pygame.K_LEFT, pygame.K_RIGHT):
            self.do(Do.STEP, now, stride if event.key == pygame.K_RIGHT else -stride)
        elif event.key in (pygame.K_HOME, pygame.K_END):
            self.do(Do.STEP, now, self.head.count if event.key == pygame.K_END else -self.head.count)
        else:
            return False
        return True

    def _type_tag(self, field: TextField, event: pygame.event.Event, now: float) -> None:
        tag = None if field.text else self.tags.numbered(event.unicode)
        typed = Typed.DONE if tag is not None else field.press(event)
        if typed in (Typed.DONE, Typed.GIVEN_UP):
            self.typing = None
        tag = tag or field.text.strip()
        if typed is Typed.DONE and tag:
            self.toggle_tag(tag, now)

    def _type_filter(self, field: TextField, event: pygame.event.Event) -> None:
        typed = field.press(event)
        if typed is Typed.GIVEN_UP:
            field.text = ""
        if typed in (Typed.DONE, Typed.GIVEN_UP):
            self.filtering = None
        if field.text != self.clips.words:
            before = self.clip
            self.clips.filter(field.text)
            if self.clip != before:
                self._arrive()

    def _mark(self, what: Do) -> None:
        """Set the first or last frame that is kept, or keep all."""
        frame, edit = self.head.frame, self.edit
        if what is Do.CLEAR:
            marked = replace(edit, first=None, last=None)
        elif what is Do.FIRST:  # a mark on the wrong side of the other one takes its place
            last = edit.last if edit.last is not None and edit.last >= frame else None
            marked = replace(edit, first=frame or None, last=last)
        else:
            first = edit.first if edit.first is not None and edit.first <= frame else None
            marked = replace(edit, first=first, last=frame if frame < self.head.count - 1 else None)
        self.change(marked)

    def _delete(self, sure: bool, now: float) -> None:
        clip = self.clip
        assert clip is not None
        name, count = self.names[clip], self.editor.deletable(clip)
        if not count:
            self.say("clips of this folder have no files of their own to delete; cut or tag them", now, warning=True)
        elif not sure:
            self.asked = True
            files = "its file" if count == 1 else f"its {count} files"
            self.say(f"Delete again moves {files} to the trash: {name}", now, warning=True)
        else:
            trashed = self.editor.delete(clip)
            self.clips.delete(clip)
            self._arrive()
            place = "to .trash in this folder" if trashed.moved else "to the system's trash"
            way = "Ctrl+Z brings it back" if trashed.restorable else "bring it back from there"
            self.say(f"{name} went {place}; {way}", now)

    def _undo(self, now: float) -> None:
        before, undone = self.clip, self.editor.undo()
        if undone is None:
            self.say("nothing to undo", now)
            return
        if isinstance(undone, Deletion):
            self.clips.bring_back(undone.clip)
        if undone.clip not in self.clips.shown:
            self.clips.filter("")
        self.clips.choose(undone.clip)
        if self.clip != before:
            self._arrive()
        name = self.names[undone.clip]
        self.say(f"{name} is back" if isinstance(undone, Deletion) else f"undone: {name}", now)

    def _arrive(self) -> None:
        """Stand at the start of the clip that is looked at now."""
        self.head.load(0 if self.clip is None else self.counts[self.clip])
        self.pointer.let_go()
        self.asked = False
