"""Which of many prescriptions are carried out together in files: one per finding, and no two that touch each other."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from apimdoctor.engine.finding import Finding
from apimdoctor.engine.prescription import PolicyEdit, Prescription, TextEdit


class Choice(Struct, frozen=True, kw_only=True):
    """What is carried out in one round, and what has to wait for the next one."""

    edits: Mapping[str, tuple[TextEdit, ...]] = field(default_factory=dict)
    """Document to its edits, sorted by place."""
    taken: tuple[tuple[Finding, Prescription], ...] = ()
    waiting: tuple[tuple[Finding, Prescription], ...] = ()
    """Their edits touch what others change."""

    def titles(self, document: str) -> tuple[str, ...]:
        """What is carried out in a document, each sentence once."""
        return tuple(
            dict.fromkeys(
                one.title for _, one in self.taken if any(edit.at.document == document for edit in _edits(one))
            )
        )


def chosen(findings: Iterable[Finding], *, review: bool = False) -> Choice:
    """For each finding, the gravest first, the first prescription that files alone can carry out.

    `review` also takes those that a person should look at; a safe one goes before them.
    """
    edits: dict[str, list[TextEdit]] = {}
    taken: list[tuple[Finding, Prescription]] = []
    waiting: list[tuple[Finding, Prescription]] = []
    for finding in findings:
        fitting = [one for one in finding.prescriptions if in_files(one) and (review or one.safety == "safe")]
        fitting.sort(key=lambda one: one.safety != "safe")
        for one in fitting:
            if all(_fits(edits.get(edit.at.document, []), edit.edits) for edit in _edits(one)):
                for edit in _edits(one):
                    listed = edits.setdefault(edit.at.document, [])
                    listed += [change for change in edit.edits if change not in listed]
                taken.append((finding, one))
                break
        else:
            waiting += [(finding, one) for one in fitting[:1]]
    return Choice(
        edits={name: tuple(sorted(listed, key=lambda edit: edit.start)) for name, listed in edits.items()},
        taken=tuple(taken),
        waiting=tuple(waiting),
    )


def in_files(prescription: Prescription) -> bool:
    """Whether all of a prescription can be written into policy files."""
    return bool(prescription.changes) and all(
        isinstance(change, PolicyEdit) and change.file and change.edits for change in prescription.changes
    )


def _edits(prescription: Prescription) -> Iterator[PolicyEdit]:
    return (change for change in prescription.changes if isinstance(change, PolicyEdit))


def _fits(listed: Iterable[TextEdit], wanted: Iterable[TextEdit]) -> bool:
    """Whether edits can be carried out beside others: equal ones are one, and others have to stand apart.

    Two edits that only meet are kept apart too: what comes first between them, nobody has said.
    """
    return all(edit == other or edit.end < other.start or other.end < edit.start for edit in wanted for other in listed)
