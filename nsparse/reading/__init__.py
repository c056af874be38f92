"""From bytes to the frame: text, tables of sockets, grammar, columns."""
