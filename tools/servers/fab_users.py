"""Run by an Airflow's own Python: make FAB users from a JSON list of [name, role, password] on standard input.

One process for all: `airflow users create` needs 10 seconds of processor time for each, and takes the
password as an argument.  The first user gets the id 1, the next 2.
"""

import json
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

with get_application_builder() as builder:
    for name, role, password in json.load(sys.stdin):
        given = builder.sm.add_role(role)  # the one of that name, made only where the server has yet to do so
        made = builder.sm.add_user(name, name, "Test", f"{name}@example.org", given, password=password)
        if not made:
            raise SystemExit(f"the user {name} with the role {role} could not be made")
