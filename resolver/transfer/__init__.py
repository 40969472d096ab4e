"""Moving trees: packed on one side, unpacked on the other, repaired from whatever has the bytes."""
