#!/usr/bin/env python3
"""embed.py SYMBOL INPUT OUTPUT.c: writes a file as a C array.

The array ends with a zero that its size leaves out, so that text can be used as a string:

    extern const unsigned char SYMBOL[];
    extern const size_t SYMBOL_size;
"""
import re
import sys


def main() -> int:
    if len(sys.argv) != 4 or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    symbol, source, target = sys.argv[1:]
    with open(source, "rb") as file:
        data = file.read()
    lines = [
        "    " + "".join(f"{byte}," for byte in data[start : start + 24])
        for start in range(0, len(data), 24)
    ]
    with open(target, "w", encoding="ascii") as file:
        file.write("#include <stddef.h>\n\n")
        file.write(f"extern const unsigned char {symbol}[];\n")
        file.write(f"extern const size_t {symbol}_size;\n\n")
        file.write(f"const unsigned char {symbol}[] = {{\n")
        file.write("\n".join([*lines, "    0};\n"]))
        file.write(f"const size_t {symbol}_size = {len(data)};\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
