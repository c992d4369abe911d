"""A resource as far as it was found, with the resources below it: what folders and ARM files are both turned into."""

from collections.abc import Iterable

from msgspec import Struct, field

from apimdoctor.collect.fields import Json
from apimdoctor.snapshot import Origin, PolicyText


class Part(Struct):
    """A resource as far as it was found: its JSON, its policy, and the resources below it by collection and name."""

    name: str
    json: Json = field(default_factory=dict)
    origin: Origin = Origin()
    policy: PolicyText | None = None
    told: bool = False
    """Whether its own JSON was found and read."""
    below: dict[str, dict[str, "Part"]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    """Collections below of which the source told everything, in ARM's spelling."""

    def at(self, path: Iterable[tuple[str, str]]) -> "Part":
        """The part at a path below, made when it is not there yet."""
        part = self
        for kind, name in path:
            part = part.below.setdefault(kind, {}).setdefault(name, Part(name))
        return part

    def tell(self, json: Json, origin: Origin) -> bool:
        """Keep the resource's JSON; the first one stays, and False says that there was one."""
        if self.told:
            return False
        self.json, self.origin, self.told = json, origin, True
        return True

    def parts(self, kind: str) -> list["Part"]:
        """The resources of a collection, sorted by name."""
        return [part for _, part in sorted(self.below.get(kind, {}).items())]
