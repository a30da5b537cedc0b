"""Files are taken as they are, and a program packs and unpacks them."""

from __future__ import annotations

from stagelang import Files, Pipeline, Value, command, files, stage


@command(
    "tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-cf", "{out}/all.tar", "-C", "{texts}", "."
)
def pack(texts: Files) -> Files:
    raise NotImplementedError


@command("sh", "-c", 'tar -xf "$0/all.tar" -C "$1"', "{archive}", "{out}")
def unpack(archive: Files) -> Files:
    raise NotImplementedError


@stage
def letters(texts: Files) -> Value[int]:
    return Value.of(
        sum(len(path.read_text(encoding="utf-8")) for path in texts.paths if path.suffix == ".txt")
    )


pipeline = Pipeline("folders", seed=1, outputs=[letters(unpack(pack(files("texts/**/*.txt", name="texts"))))])
