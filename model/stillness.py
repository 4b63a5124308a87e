"""When a frame shows nothing new, so that a world need not remember it.

Whoever stands still would otherwise fill a world's short memory with pictures of one view, each made from the last ones
and a little worse, until nothing else is left. A frame that is generated while no hand does anything, and that differs
from the newest remembered one by no more than two drawings of one view do, is shown and then forgotten: the next is
made from what the world saw before. A fall, or anything else that goes on by itself, changes more and is remembered.
"""

NOTHING_NEW = 0.06
"""Mean squared difference of two normalised latents below which they show the same."""
