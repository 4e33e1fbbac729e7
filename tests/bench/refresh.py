#!/usr/bin/env python3
"""Measures the tables of docs/performance.md again: each block of text that begins with `$ tidemill …` or `$ make …` is run, and what
it prints takes the place of what stood below that line. Words name the blocks to run, by a part of their command; all if left out.

refresh.py TIDEMILL [WORD…]
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs/performance.md"
BLOCK = re.compile(r"```text\n\$ (?P<command>[^\n]+)\n.*?```", re.DOTALL)


def main():
    program, words = Path(sys.argv[1]).resolve(), sys.argv[2:]
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = dict(os.environ, PATH=path, TIDEMILL=str(program))

    def again(block):
        command = block["command"]
        if words and not any(word in command for word in words):
            return block[0]
        print(f"$ {command}", file=sys.stderr, flush=True)
        done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(f"it failed: {done.returncode}", file=sys.stderr)
            return block[0]
        return f"```text\n$ {command}\n{done.stdout.rstrip()}\n```"

    # One table after the other, so that what was measured is kept if a later one is stopped.
    for place in range(len(BLOCK.findall(DOCS.read_text()))):
        text = DOCS.read_text()
        block = list(BLOCK.finditer(text))[place]
        DOCS.write_text(text[: block.start()] + again(block) + text[block.end() :])


main()
