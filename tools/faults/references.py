"""Planted faults of names that nothing has."""

from __future__ import annotations

from tools.faults.planting import Patient, fault


@fault("fragment-missing")
def _fragment_missing(at: Patient) -> None:
    at.file(lambda tree: tree.fragment("limits", '<set-variable name="limits" value="usual" />'))
    at.api.after = [f'<include-fragment fragment-id="{at.one_of("Limits-2", "limit", "sign-in")}" />']


@fault("named-value-missing")
def _named_value_missing(at: Patient) -> None:
    name = at.one_of("audience-of-planted", "Tenants", "client.id")
    at.check.audiences = [*at.check.audiences, f"{{{{{name}}}}}"]
    at.anywhere()


@fault("certificate-missing")
def _certificate_missing(at: Patient) -> None:
    at.file(lambda tree: tree.json("apim/certificates/to-carrier/certificateInformation.json", {"properties": {}}))
    at.api.after = [f'<authentication-certificate certificate-id="{at.one_of("carrier", "to-carriers")}" />']
