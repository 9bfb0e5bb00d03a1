"""systemd takes the unit as it is meant. Writes TAP, as the C tests do."""

import os
import shutil
import subprocess
import sys
import tempfile

UNIT = os.path.join(os.environ["SY_SOURCE_ROOT"], "share", "systematica@.service.in")


def settings():
    """The unit's lines KEY=VALUE."""
    with open(UNIT, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_unit__systemd_finds_nothing_to_say_about_it():
    with open(UNIT, encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "run_all")
        unit = os.path.join(folder, "systematica@desk.service")
        with open(program, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n")
        os.chmod(program, 0o755)
        with open(unit, "w", encoding="utf-8") as file:
            file.write(text.replace("@bindir@", folder))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True,
                              text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "systematica@" in line]
    assert done.returncode == 0 and not said, done.stderr


def test_unit__starts_again_what_may_mend_itself_and_nothing_else():
    unit = settings()
    assert unit["Restart"] == "on-failure"
    never = {int(code) for code in unit["RestartPreventExitStatus"].split()}
    # exit codes as the manual has them: usage, template; not: data unavailable, held by another
    assert never == {2, 3}, never
    # as often as this systemd's limit of 5 starts in 10 s never ends it
    assert float(unit["RestartSec"]) > 2


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        if "systemd" in name and not shutil.which("systemd-analyze"):
            print(f"ok {number} - {name} # SKIP no systemd-analyze here")
            continue
        try:
            test()
            print(f"ok {number} - {name}")
        except AssertionError as error:
            failed += 1
            print(f"not ok {number} - {name}\n# {error}")
    return 1 if failed else 0


sys.exit(main())
