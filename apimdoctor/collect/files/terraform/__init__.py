"""Terraform as a source: folders of `.tf` files without a run of Terraform, and `terraform show -json` of plans and states."""

from apimdoctor.collect.fields import Json
from apimdoctor.collect.files.anchors import Literals
from apimdoctor.collect.files.contents import Desk
from apimdoctor.collect.files.terraform.plan import read
from apimdoctor.collect.files.terraform.reading import Found, found
from apimdoctor.collect.files.terraform.source import items
from apimdoctor.collect.files.terraform.values import as_text
from apimdoctor.collect.files.terraform.world import World

__all__ = ["Found", "of_folder", "of_plan"]


def of_plan(desk: Desk, path: str, json: Json, literals: Literals) -> Found:
    """What a plan or a state describes."""
    plan = read(json, path, desk.origin(path), literals)
    return found(desk, plan.items, {path: plan.tenant})


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
