"""The browser of footage: look through the clips of a folder, cut, tag and delete them."""
