"""Terraform as a source: folders of `.tf` files without a run of Terraform, and `terraform show -json` of plans and states."""

from apimdoctor.collect.files.contents import Desk
from apimdoctor.collect.files.terraform.reading import Found, found
from apimdoctor.collect.files.terraform.source import items
from apimdoctor.collect.files.terraform.values import as_text
from apimdoctor.collect.files.terraform.world import World

__all__ = ["Found", "of_folder"]


def of_folder(desk: Desk) -> Found:
    """What the Terraform files of a root describe."""
    world = World(desk)
    made = list(items(world, desk.prefix))
    tenants = {}
    for (root, address), module in world.modules.items():
        if not address and root != "/":
            text = as_text(module.tenant())
            tenants[root] = text.text.lower() if text is not None else ""
    return found(desk, made, tenants)
