"""Planted faults of policy expressions."""

from __future__ import annotations

from tools.faults.planting import Patient, fault


@fault("expression-cannot-compile")
def _no_c_sharp(at: Patient) -> None:
    at.api.after = [
        at.one_of(
            """<set-variable name="zone" value='@(System.IO.File.ReadAllText("zone.txt"))' />""",
            """<set-variable name="zone" value='@(Environment.GetEnvironmentVariable("ZONE"))' />""",
            """<set-variable name="zone" value='@(new WebClient().DownloadString("https://zones.tenant.example"))' />""",
            '<set-variable name="zone" value="@(context.Request.Headers.GetValueOrDefault(&amp;quot;X-Zone&amp;quot;))" />',
        )
    ]


@fault("expression-fails-on-input", severity="warning")
def _fails_on_input(at: Patient) -> None:
    header = '<set-header name="X-Reason" exists-action="override">\n    <value>@({0})</value>\n</set-header>'
    if at.rng.random() < 0.3:
        at.api.on_error = "<base />\n" + header.format("context.LastError.Message")
        return
    at.api.after = [
        header.format(
            at.one_of(
                'context.Request.Headers["X-Zone"][0]',
                "Encoding.UTF8.GetString(Convert.FromBase64String("
                'context.Request.Headers.GetValueOrDefault("Authorization","").Split(\'.\')[1]))',
                'context.Request.Headers.GetValueOrDefault("X-Mail", "").Substring(0, '
                'context.Request.Headers.GetValueOrDefault("X-Mail", "").LastIndexOf("@"))',
            )
        )
    ]
