"""The same run for other schedulers, as text: crontab, launchd, Kubernetes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable

from ... import __version__
from ...config.secret import SecretName
from .scheduled_run import ScheduledRun
from .systemd import home

MINUTES = 15


def crontab_line(run: ScheduledRun) -> str:
    """One line for `crontab -e`; a per cent sign would be a line break there, crontab(5)."""
    variables = [f"{name}={shlex.quote(value)}" for name, value in run.environment.items()]
    words = [*variables, shlex.join(run.command())]
    return f"*/{MINUTES} * * * * " + " ".join(words).replace("%", "\\%") + "\n"


def launchd_plist(run: ScheduledRun) -> str:
    """A launch agent; launchd.plist(5)."""
    import plistlib

    label = launchd_label(run)
    log = str(home() / "Library" / "Logs" / f"{run.unit}.log")
    agent = {
        "Label": label,
        "ProgramArguments": list(run.command()),
        "EnvironmentVariables": run.environment,
        "StartInterval": MINUTES * 60,
        "ProcessType": "Background",
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    head, _, rest = plistlib.dumps(agent, sort_keys=False).decode().partition("<plist")
    load = f"launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{label}.plist"
    return f"{head}<!-- {load} -->\n<plist{rest}"


def launchd_label(run: ScheduledRun) -> str:
    """The agent's name, and that of its file."""
    return f"kapso-twilio.{run.project}"


def kubernetes_cron_job(run: ScheduledRun, secrets: Iterable[SecretName]) -> str:
    """A CronJob. Image and volume are the cluster's own matter, and are for a person to fill in."""
    name = run.unit.rstrip("-")
    files = " ".join(f"--from-file={run.project}.{secret}={secret}" for secret in secrets)
    return _CRON_JOB.format(
        name=name,
        minutes=MINUTES,
        version=__version__,
        program=json.dumps(["/usr/local/bin/kapso-twilio", "reconcile"]),
        options=json.dumps(
            ["--config", f"/etc/kapso-twilio/{run.project}.toml", "--log-format", "json"]
        ),
        settings="".join(_variable(*setting) for setting in run.settings.items()),
        config=f"--from-file={run.project}.toml={shlex.quote(str(run.config_path))}",
        files=files,
    )


def _variable(name: str, value: str) -> str:
    return f"\n                - {{ name: {name}, value: {json.dumps(value)} }}"


_CRON_JOB = """\
# Before: an image with kapso-twilio, a volume for the inventory (not on a network file system), and
#   kubectl create configmap {name} {config}
#   kubectl create secret generic {name} {files}
# One project lives in one place: move the inventory to the volume, and stop other schedules.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  schedule: "*/{minutes} * * * *"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 0 # exit code 75 means: later; the next run goes on
      activeDeadlineSeconds: 3600
      template:
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 120
          securityContext:
            runAsNonRoot: true
            runAsUser: 1000
            runAsGroup: 1000
            fsGroup: 1000
            seccompProfile: {{ type: RuntimeDefault }}
          containers:
            - name: reconcile
              image: registry.example.com/kapso-twilio:{version} # yours
              command: {program}
              args: {options}
              env:
                - {{ name: HOME, value: /tmp }}
                - {{ name: KAPSO_TWILIO_DATA_DIR, value: /var/lib/kapso-twilio }}
                - {{ name: CREDENTIALS_DIRECTORY, value: /run/secrets/kapso-twilio }}{settings}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities: {{ drop: [ALL] }}
              volumeMounts:
                - {{ name: config, mountPath: /etc/kapso-twilio, readOnly: true }}
                - {{ name: secrets, mountPath: /run/secrets/kapso-twilio, readOnly: true }}
                - {{ name: data, mountPath: /var/lib/kapso-twilio }}
                - {{ name: tmp, mountPath: /tmp }}
          volumes:
            - name: config
              configMap: {{ name: {name} }}
            - name: secrets
              secret: {{ secretName: {name}, defaultMode: 0440 }}
            - name: data
              persistentVolumeClaim: {{ claimName: {name} }}
            - name: tmp
              emptyDir: {{}}
"""
