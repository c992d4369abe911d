"""Renders sample_reports/ from the fictional tenant: the same bytes on every machine and every day."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from apimdoctor import __version__  # noqa: E402 - found only now
from apimdoctor.cli import choice  # noqa: E402
from apimdoctor.collect import files  # noqa: E402
from apimdoctor.engine.judge import judge  # noqa: E402
from apimdoctor.facts.build import build  # noqa: E402
from apimdoctor.report import catalogue, html, json, text  # noqa: E402
from apimdoctor.report.model import Report, assemble  # noqa: E402
from apimdoctor.snapshot import Source  # noqa: E402
from apimdoctor.snapshot.redact import Redactor  # noqa: E402
from tools import readme  # noqa: E402

TENANT = ROOT / "apimdoctor" / "demo" / "tenant"
FOLDER = ROOT / "sample_reports"
NAME = "larkspur-freight"


def report() -> Report:
    """The run: masked texts carry a keyed hash, so the key is fixed here and nowhere else."""
    tree = files.FolderTree(TENANT)
    source = Source(kind="folder", name="apimdoctor/demo/tenant")
    snapshot = files.read_tree(tree, redactor=Redactor(key=b"sample reports"), source=source)
    facts = build(snapshot)
    rules = choice.rules()
    return assemble(snapshot, facts, judge(rules, facts), choice.texts(rules), version=__version__)


def samples() -> dict[str, str]:
    """File name to content."""
    run = report()
    shown = {f"{NAME}.txt": text.render(run), f"{NAME}.json": json.render(run), f"{NAME}.html": html.render(run)}
    return {**shown, "rules.html": catalogue.render(choice.rules())}


def main() -> int:
    """Write them, and README's excerpt of them."""
    FOLDER.mkdir(exist_ok=True)
    made = samples()
    for name, content in made.items():
        (FOLDER / name).write_text(content, "utf-8", newline="\n")
        print(f"sample_reports/{name}")
    text = readme.FILE.read_text("utf-8")
    readme.FILE.write_text(readme.refreshed(text, made[f"{NAME}.txt"]), "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
