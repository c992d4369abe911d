"""`--demo`: the fictional tenant, read from an embedded Azure by the same collectors that read a real one."""

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from apimdoctor.cli import live
from apimdoctor.collect import files
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import Snapshot


def read(options: argparse.Namespace) -> Snapshot:
    """What the collectors read of the fictional tenant, over HTTP on loopback and signed in with a secret of its own."""
    import apimdoctor.demo
    from apimdoctor.demo.server import EmbeddedAzure

    named = {"--from": options.paths, "--subscription": options.subscriptions}
    named |= {"--all-subscriptions": options.all_subscriptions, "--cloud": options.cloud != "public"}
    named |= {"--auth": options.auth != "default", "--tenant": options.tenant}
    other = next((option for option, said in named.items() if said), "")
    if other:
        raise ApimDoctorError(
            f"--demo and {other} exclude each other", hint="--demo reads a fictional tenant of its own"
        )
    tenant = files.read([Path(apimdoctor.demo.__file__).parent / "tenant"])
    with EmbeddedAzure(tenant) as azure, _environment(azure.environment):
        told = {"cloud": str(azure.cloud_file), "auth": "env", "all_subscriptions": True}
        return live.read(argparse.Namespace(**(vars(options) | told)))


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """The environment with these settings, for as long as the demo reads."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
