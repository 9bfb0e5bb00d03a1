"""The tools that guard the tree catch what they are there to catch. Writes TAP, as the C tests do."""

import json
import os
import subprocess
import sys
import tempfile

TOOLS = os.path.join(os.environ["SY_SOURCE_ROOT"], "tools")
LAYERS = "base:\nnum:\ndata: num\nmodel+: data num\ncli: *\n"
REGISTRY = {"model/registry.c": "const SyModel *const rows[] = {&sy_model_spread, &sy_model_index};\n"}


def run_tool(name, *arguments, files, folder_on_path=None):
    """Runs a tool on a folder with these files; returns (exit status, output)."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8") as file:
                file.write(content)
            os.chmod(place, 0o755)
        environment = dict(os.environ)
        if folder_on_path:
            environment["PATH"] = os.path.join(folder, folder_on_path) + ":" + environment["PATH"]
        command = [os.path.join(TOOLS, name), *arguments, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stdout + done.stderr


def layers(files):
    return run_tool("check-layers", files={"LAYERS": LAYERS, **files})


def test_layers__accepts_what_the_table_allows():
    status, output = layers({
        "model/index.c": '#include "model/index.h"\n#include "data/panel.h"\n#include "base/error.h"\n',
        "model/index.h": '#include "num/rank.h"\n#include <glib.h>\n',
        "cli/main.c": '#include "model/model.h"\n',
        **REGISTRY,
    })
    assert (status, output) == (0, ""), output


def test_layers__names_file_line_and_both_folders():
    status, output = layers({"num/rank.c": '\n\n#include "data/panel.h"\n'})
    assert status == 1
    assert "src/num/rank.c:3: 'num' may not include 'data'" in output, output


def test_layers__refuses_unknown_folders_and_bare_names():
    assert "no line for the folder 'order'" in layers({"cli/main.c": '#include "order/journal.h"\n'})[1]
    assert 'write "rank.h" from src/' in layers({"num/rank.c": '#include "rank.h"\n'})[1]


def test_layers__refuses_a_plugin_that_includes_another():
    status, output = layers({"model/index.c": '#include "model/spread.h"\n', "model/spread.h": "", **REGISTRY})
    assert status == 1
    assert "model/spread.h is a plugin's own" in output, output


def test_layers__refuses_headers_in_a_circle():
    status, output = layers({"data/a.h": '#include "data/b.h"\n', "data/b.h": '#include "data/a.h"\n'})
    assert status == 1
    assert "data/a.h -> data/b.h -> data/a.h" in output, output


def test_layers__refuses_a_table_with_a_cycle():
    status, output = run_tool("check-layers", files={"LAYERS": "base:\nnum: data\ndata: num\n"})
    assert status == 1
    assert "'num' names 'data', which stands in no line above it" in output, output


def summary(*programs, status=0):
    """The last line and the exit status of test-summary for these rows of meson's log."""
    log = "".join(json.dumps({"name": "x", "stdout": stdout, "result": result}) + "\n" for stdout, result in programs)
    meson = f'#!/bin/sh\nmkdir -p "$3/meson-logs"; cp "$3/rows" "$3/meson-logs/testlog.json"; exit {status}\n'
    code, output = run_tool("test-summary", files={"bin/meson": meson, "rows": log}, folder_on_path="bin")
    return output.splitlines()[-1], code


def test_summary__counts_functions_over_programs():
    rows = ("1..2\nok 1 - a\nok 2 - b\n", "OK"), ("1..2\nok 1 - a\nok 2 - b # SKIP\n", "OK"), ("", "OK")
    assert summary(*rows) == ("4 passed, 0 failed, 1 skipped", 0), summary(*rows)


def test_summary__reads_skips_as_cmocka_writes_them():
    assert summary(("ok 1 - a\nnot ok 2 # SKIP b\n", "OK")) == ("1 passed, 0 failed, 1 skipped", 0)


def test_summary__a_crash_or_timeout_is_one_failure():
    assert summary(("1..2\nok 1 - a\n", "ERROR"), status=1) == ("1 passed, 1 failed, 0 skipped", 1)
    assert summary(("", "TIMEOUT"), status=1) == ("0 passed, 1 failed, 0 skipped", 1)
    assert summary(("not ok 1 - a\nnot ok 2 - b\n", "ERROR"), status=1) == ("0 passed, 2 failed, 0 skipped", 1)


def test_summary__fails_when_nothing_ran():
    assert summary() == ("0 passed, 0 failed, 0 skipped", 1)
    assert summary(status=1) == ("0 passed, 1 failed, 0 skipped", 1)


def main():
    tests = [(name, function) for name, function in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} - {name}")
        except AssertionError as problem:
            failed += 1
            print(f"not ok {number} - {name}\n# {problem!r}")
    return failed


sys.exit(main())
