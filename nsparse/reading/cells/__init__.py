"""From the cells of a row to the columns of the frame."""
