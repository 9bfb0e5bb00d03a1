#!/usr/bin/env python3
"""digest_objects.py OUTPUT.c OBJECT...: the SHA-256 of compiled objects as a C text.

It tells builds apart: the same sources, compiler and flags give the same digest in the same build
folder. The text is sy_program_build of src/base/program.c.
"""
import hashlib
import sys


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    digest = hashlib.sha256()
    for name in sorted(sys.argv[2:]):
        with open(name, "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.write("extern const unsigned char sy_program_build[];\n")
        file.write(f'const unsigned char sy_program_build[] = "{digest.hexdigest()}";\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
