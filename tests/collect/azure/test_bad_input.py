"""What a person gets wrong, or does not have: one sentence, a hint and an exit code each."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from aiohttp import web

from apimdoctor.cli import main
from apimdoctor.collect.azure.collect import STOPPED
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import store
from tests.collect.azure.small_azure import (
    CLIENT,
    SECRET,
    SUBSCRIPTION,
    TENANT,
    SmallAzure,
    orders,
    read,
    running,
    tenant,
)

OTHER = "0d7e5c3a-41f9-4a26-b8c0-6e9d2f1a7b58"


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET}.items():
        monkeypatch.setenv(name, value)


def refused(azure: SmallAzure, path: str, status: int, code: str, message: str = "no") -> SmallAzure:
    def answer() -> web.Response:
        return web.json_response({"error": {"code": code, "message": message}}, status=status)

    azure.pages.pop(path, None)
    azure.answers[path] = answer
    return azure


def fails(azure: SmallAzure, says: str, code: int, **asked: object) -> ApimDoctorError:
    with pytest.raises(ApimDoctorError, match=says) as error:
        read(azure, **asked)  # type: ignore[arg-type]
    assert error.value.code == code
    assert error.value.hint
    return error.value


def test_an_unknown_name_of_a_subscription_suggests_the_near_one() -> None:
    error = fails(tenant(SmallAzure()), "no subscription called 'Lrch'", 2, subscriptions=("Lrch",))
    assert "'Larch'" in error.hint


def test_a_subscription_is_found_by_its_name() -> None:
    assert len(read(orders(SmallAzure()), subscriptions=("larch",)).services) == 1


def test_an_unknown_id_of_a_subscription_is_said_to_be_invisible() -> None:
    azure = refused(tenant(SmallAzure()), f"/arm/subscriptions/{OTHER}", 404, "SubscriptionNotFound")
    fails(azure, "does not exist, or this identity may not see it", 2, subscriptions=(OTHER,))


def test_a_subscription_of_another_tenant_names_that_tenant() -> None:
    told = f"The access token is from the wrong issuer. It must match the tenant 'https://sts.windows.net/{OTHER}/'"
    azure = refused(tenant(SmallAzure()), f"/arm/subscriptions/{OTHER}", 401, "InvalidAuthenticationTokenTenant", told)
    error = fails(azure, "another tenant", 2, subscriptions=(OTHER,))
    assert "--tenant" in error.hint and OTHER in error.hint


def test_an_identity_without_any_right_learns_which_role_it_needs() -> None:
    azure = tenant(SmallAzure())
    azure.pages["/arm/subscriptions"] = [[]]
    assert "Reader" in fails(azure, "sees no subscription", 3, subscriptions=(), all_subscriptions=True).hint


def test_a_subscription_without_api_management_is_no_success() -> None:
    azure = tenant(SmallAzure())
    azure.pages[f"/arm/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement/service"] = [[]]
    fails(azure, "no API Management service in subscription Larch", 3)


def test_services_that_may_not_be_listed_end_the_scan_with_the_right_to_ask_for() -> None:
    path = f"/arm/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement/service"
    azure = refused(tenant(SmallAzure()), path, 403, "AuthorizationFailed")
    assert "access" in fails(azure, "cannot be listed", 3).hint


def test_an_unknown_service_suggests_the_near_one() -> None:
    assert (
        "apim-larch"
        in fails(tenant(SmallAzure()), "no API Management service 'apim-lach'", 2, services=("apim-lach",)).hint
    )


def test_a_scan_of_a_cloud_file_saves_what_a_scan_of_the_snapshot_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    azure = orders(SmallAzure())
    saved = tmp_path / "saved.json"
    live, again = tmp_path / "live.json", tmp_path / "again.json"
    with running(azure, tmp_path) as cloud:
        code = main(
            [
                "scan",
                "--cloud",
                str(cloud),
                "--auth",
                "env",
                "--subscription",
                SUBSCRIPTION,
                "--save-snapshot",
                str(saved),
                "--report",
                f"json={live}",
            ]
        )
    assert code in (0, 1), capsys.readouterr().err
    assert saved.stat().st_mode & 0o077 == 0
    assert main(["scan", "--from", str(saved), "--report", f"json={again}"]) == code
    assert store.load(saved.read_bytes()).services[0].name == "apim-larch"
    findings = [json.loads(file.read_text())["findings"] for file in (live, again)]
    assert findings[0] == findings[1]
    assert capsys.readouterr().err == ""


def test_access_says_right_by_right_what_may_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    azure = orders(SmallAzure())
    refused(azure, "/graph/v1.0/oauth2PermissionGrants", 403, "Authorization_RequestDenied")
    with running(azure, tmp_path) as cloud:
        code = main(
            ["access", "--cloud", str(cloud), "--auth", "env", "--subscription", SUBSCRIPTION, "--tenant", TENANT]
        )
    told = capsys.readouterr().out
    assert code == 0
    assert "yes policies of apim-larch" in told
    assert "no  delegated grants" in told and "Directory.Read.All" in told and "az ad app permission add" in told
    assert SECRET not in told and "token-1" not in told


def test_access_without_the_right_to_read_policies_is_incomplete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    azure = orders(SmallAzure())

    async def denied(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith("/policies/policy"):
            return web.json_response({"error": {"code": "AuthorizationFailed"}}, status=403)
        return None

    azure.faults.append(denied)
    with running(azure, tmp_path) as cloud:
        code = main(["access", "--cloud", str(cloud), "--auth", "env", "--subscription", SUBSCRIPTION])
    told = capsys.readouterr().out
    assert code == 3
    assert "no  policies of apim-larch" in told and "az role assignment create" in told
    assert "rules are not assessed" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "--tenant", TENANT], "--tenant needs --subscription"),
        (["scan", "--subscription", "a", "--from", "."], "exclude each other"),
        (["scan", "--subscription", "a", "--all-subscriptions"], "not allowed with"),
        (["scan", "--subscription", "a", "--cloud", "mars"], "no cloud 'mars'"),
        (["scan", "--subscription", "a", "--auth", "magic"], "invalid choice"),
        (["scan", "--subscription", "a", "--without", "all"], "invalid choice"),
        (["scan"], "nothing to read"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


def test_an_unreachable_login_is_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cloud.json"
    file.write_text(
        '{"name": "x", "authority": "http://127.0.0.1:9", "resource_manager": "http://127.0.0.1:9/arm", "microsoft_graph": "http://127.0.0.1:9/g"}'
    )
    assert main(["scan", "--cloud", str(file), "--auth", "env", "--subscription", SUBSCRIPTION]) == 3
    error = capsys.readouterr().err
    assert error.count("\n") == 2 and "hint:" in error and SECRET not in error


def test_ctrl_c_waits_for_no_answer_and_keeps_what_was_read(tmp_path: Path) -> None:
    azure = orders(SmallAzure())
    reached, ended = threading.Event(), threading.Event()

    async def slow(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith("/apis/orders/policies/policy"):
            reached.set()
            while not ended.is_set():
                await asyncio.sleep(0.02)
        return None

    azure.faults.append(slow)
    saved = tmp_path / "saved.json"
    code = "import sys; from apimdoctor.cli import main; sys.exit(main(sys.argv[1:]))"
    with running(azure, tmp_path) as cloud:
        arguments = [
            "scan",
            "--cloud",
            str(cloud),
            "--auth",
            "env",
            "--subscription",
            SUBSCRIPTION,
            "--save-snapshot",
            str(saved),
        ]
        scan = subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE)
        assert reached.wait(60)
        scan.send_signal(signal.SIGINT)
        # It waits for no answer: this one comes when it has ended.
        _, told = scan.communicate(timeout=300)
        ended.set()
    assert scan.returncode == 130 and b"stopped by the keyboard" in told and b"Traceback" not in told
    snapshot = store.load(saved.read_bytes())
    assert STOPPED in snapshot.gaps
    assert [api.name for api in snapshot.services[0].contents.apis] == ["orders"]
