"""Who asks Azure: the credentials of azure-identity behind `--auth`, and the tokens they get, each asked for once."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from apimdoctor.collect.azure.clouds import Cloud
from apimdoctor.collect.azure.failures import LoginError, clean, unreachable
from apimdoctor.errors import ApimDoctorError

WAYS = ("default", "cli", "env", "workload", "managed", "pipelines")
"""What `--auth` may say."""
_EARLY = 300
"""Seconds before its end at which a token is replaced."""

_ENV = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
_FEDERATED = (*_ENV[:2], "AZURE_FEDERATED_TOKEN_FILE")
_PIPELINE = {
    "tenant_id": ("AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID"),
    "client_id": ("AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID"),
    "service_connection_id": ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",),
    "system_access_token": ("SYSTEM_ACCESSTOKEN",),
}
_HINTS: Mapping[str, str] = {
    "default": "sign in with `az login`, or say --auth env, workload, managed or pipelines",
    "cli": "sign in again with `az login`",
    "env": "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    "workload": "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, and the federated credential",
    "managed": "run this where a managed identity is assigned; AZURE_CLIENT_ID chooses one of several",
    "pipelines": "check the service connection, and map SYSTEM_ACCESSTOKEN into the step",
}


class Credential(Protocol):
    """What azure-identity's asynchronous credentials have in common."""

    async def get_token(self, *scopes: str, tenant_id: str | None = None) -> Any:
        """A token with `token` and `expires_on`."""

    async def close(self) -> None:
        """Give up what it holds."""


class Tokens:
    """Tokens by scope and tenant. Also for credentials that remember nothing, such as the command line's."""

    def __init__(
        self,
        make: Callable[[], Credential],
        way: str = "default",
        now: Callable[[], float] = time.time,
        *,
        host: str = "the login",
    ) -> None:
        self._make = make
        self._credential: Credential | None = None
        self._former: list[Credential] = []
        self._way = way
        self._host = host
        self._now = now
        self._known: dict[tuple[str, str], tuple[str, float]] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def get(self, scope: str, tenant: str = "") -> str:
        """A token that is good for some minutes at least."""
        key = (scope, tenant)
        async with self._locks.setdefault(key, asyncio.Lock()):
            return await self._good(key)

    async def renewed(self, scope: str, tenant: str, refused: str) -> str:
        """A token that is not the refused one, unless Entra ID gives the same again."""
        key = (scope, tenant)
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is not None and known[0] == refused:
                # Credentials keep their tokens, and have no way to forget one: only a new credential asks anew.
                # The former one may be answering another request, so it is closed at the end.
                del self._known[key]
                self._former += [self._credential] if self._credential else []
                self._credential = None
            return await self._good(key)

    async def close(self) -> None:
        """Close every credential that was made."""
        made, self._credential, self._former = [self._credential, *self._former], None, []
        for credential in made:
            if credential is not None:
                await credential.close()

    async def _good(self, key: tuple[str, str]) -> str:
        known = self._known.get(key)
        if known is None or known[1] - self._now() < _EARLY:
            known = self._known[key] = await self._asked(*key)
        return known[0]

    async def _asked(self, scope: str, tenant: str) -> tuple[str, float]:
        if self._credential is None:
            self._credential = self._make()
        try:
            # Without a tenant the credential's own is asked.
            told = await self._credential.get_token(scope, **({"tenant_id": tenant} if tenant else {}))
        except (ServiceRequestError, ServiceResponseError) as error:
            raise unreachable(error, self._host) from None
        except Exception as error:  # noqa: BLE001 - azure-identity raises its own, the transport's, and ValueError
            raise LoginError(_reason(error), _HINTS[self._way]) from None
        return str(told.token), float(told.expires_on)


def maker(cloud: Cloud, way: str, tenant: str, transport: Callable[[], Any]) -> Callable[[], Credential]:
    """A function that makes the credential of `--auth`; `transport` makes one that trusts the cloud's own CA."""
    environment = os.environ
    _complete(way, environment)

    def make() -> Credential:
        from azure.identity import aio as identity

        host = cloud.authority.partition("://")[2]
        # A cloud that a file describes is unknown to Entra ID's instance discovery, and is not asked for it.
        options: dict[str, Any] = {
            "authority": f"https://{host}",
            "retry_total": 2,
            "additionally_allowed_tenants": ["*"],
        }
        if cloud.from_file:
            options |= {"disable_instance_discovery": True, "transport": transport()}
        elif environment.get("AZURE_AUTHORITY_HOST") and cloud.name == "public":
            del options["authority"]
        match way:
            case "cli":
                return identity.AzureCliCredential(tenant_id=tenant, additionally_allowed_tenants=["*"])
            case "env":
                return identity.EnvironmentCredential(**options)
            case "workload":
                return identity.WorkloadIdentityCredential(**({"tenant_id": tenant} if tenant else {}), **options)
            case "managed":
                return identity.ManagedIdentityCredential(client_id=environment.get("AZURE_CLIENT_ID"))
            case "pipelines":
                return identity.AzurePipelinesCredential(**_pipeline(environment), **options)
            case _ if cloud.from_file:
                return _chain(environment, tenant, options)
            case _:
                return identity.DefaultAzureCredential(**options)

    return make


def _chain(environment: Mapping[str, str], tenant: str, options: Mapping[str, Any]) -> Credential:
    """The ways of azure-identity's own chain, in its order, for a cloud that a file describes.

    Its own chain takes one transport for all, and that of a file's cloud reaches nothing but the authority: a managed
    identity is asked for on the machine itself, and the command lines know their clouds.
    """
    from azure.identity import aio as identity

    ways: list[Any] = [identity.EnvironmentCredential(**options)]
    if all(environment.get(name) for name in _FEDERATED):
        ways.append(identity.WorkloadIdentityCredential(**({"tenant_id": tenant} if tenant else {}), **options))
    several: dict[str, Any] = {"additionally_allowed_tenants": ["*"]}
    ways.append(identity.ManagedIdentityCredential(client_id=environment.get("AZURE_CLIENT_ID")))
    ways += [identity.AzureCliCredential(**several), identity.AzurePowerShellCredential(**several)]
    return identity.ChainedTokenCredential(*ways, identity.AzureDeveloperCliCredential(**several))


def _complete(way: str, environment: Mapping[str, str]) -> None:
    """What a way needs of the environment is there, or the sentence that names what is not."""
    missing: list[str] = []
    if way == "env":
        certificate = environment.get("AZURE_CLIENT_CERTIFICATE_PATH")
        missing = [name for name in _ENV if not environment.get(name) and not (certificate and name == _ENV[2])]
    elif way == "workload":
        missing = [name for name in _FEDERATED if not environment.get(name)]
    elif way == "pipelines":
        missing = [names[0] for key, names in _PIPELINE.items() if not _first(environment, names)]
    if missing:
        raise ApimDoctorError(f"--auth {way} needs {', '.join(missing)} in the environment", _HINTS[way])


def _pipeline(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: _first(environment, names) for key, names in _PIPELINE.items()}


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


def _reason(error: Exception) -> str:
    """One clause of what azure-identity says; its first line, which names the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # The sentence of Entra ID (AADSTSnnnnn) says more than the credential's own frame around it.
    told = next((line for line in lines if "AADSTS" in line), lines[0] if lines else type(error).__name__)
    return f"no token from Entra ID: {clean(told, 240)}"
