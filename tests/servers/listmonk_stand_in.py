"""A program with listmonk's options, variables and tables, as far as the benchmark uses them.

Like listmonk, it notes how far it has come before it sends a batch, and not after.
"""

from __future__ import annotations

import os
import smtplib
import socket
import sys
import time
from email.message import EmailMessage
from typing import Any

import psycopg2

TABLES = """
CREATE TABLE settings (key text NOT NULL UNIQUE, value jsonb NOT NULL);
INSERT INTO settings (key, value)
  VALUES ('smtp', '[]'), ('app.concurrency', '10'), ('app.batch_size', '1000');
CREATE TABLE lists (
  id serial PRIMARY KEY, uuid uuid NOT NULL UNIQUE, name text NOT NULL, type text NOT NULL,
  optin text NOT NULL DEFAULT 'single', tags varchar(100)[]);
CREATE TABLE subscribers (
  id serial PRIMARY KEY, uuid uuid NOT NULL UNIQUE, email text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE subscriber_lists (
  subscriber_id int REFERENCES subscribers ON DELETE CASCADE, list_id int REFERENCES lists,
  status text NOT NULL DEFAULT 'unconfirmed', PRIMARY KEY (subscriber_id, list_id));
CREATE TABLE templates (
  id serial PRIMARY KEY, name text NOT NULL, type text NOT NULL, subject text NOT NULL,
  body text NOT NULL);
CREATE TABLE campaigns (
  id serial PRIMARY KEY, uuid uuid NOT NULL UNIQUE, name text NOT NULL, subject text NOT NULL,
  from_email text NOT NULL, body text NOT NULL, altbody text, content_type text NOT NULL,
  tags varchar(100)[], messenger text NOT NULL, template_id int REFERENCES templates,
  status text NOT NULL DEFAULT 'draft', last_subscriber_id int NOT NULL DEFAULT 0);
CREATE TABLE campaign_lists (
  campaign_id int NOT NULL REFERENCES campaigns ON DELETE CASCADE, list_id int REFERENCES lists,
  list_name text NOT NULL DEFAULT '');
"""


# listmonk's variables are lower case after the prefix.
VARIABLES = {
    name.removeprefix("LISTMONK_"): value
    for name, value in os.environ.items()
    if name.startswith("LISTMONK_")
}


def connect() -> Any:
    connection = psycopg2.connect(
        host=VARIABLES["db__host"],
        port=VARIABLES["db__port"],
        user=VARIABLES["db__user"],
        dbname=VARIABLES["db__database"],
    )
    connection.autocommit = True
    return connection


def send_campaigns() -> None:
    """Send what is running, until the program is ended."""
    host, port = VARIABLES["app__address"].split(":")
    listening = socket.create_server((host, int(port)))
    listening.listen()
    cursor = connect().cursor()
    while True:
        cursor.execute("SELECT key, value FROM settings")
        settings = dict(cursor.fetchall())
        cursor.execute(
            "SELECT id, subject, from_email, body, altbody, last_subscriber_id FROM campaigns"
            " WHERE status = 'running' LIMIT 1"
        )
        for number, subject, sender, html, text, last in cursor.fetchall():
            cursor.execute(
                "SELECT s.id, s.email FROM subscribers s JOIN subscriber_lists l"
                " ON l.subscriber_id = s.id AND l.status = 'confirmed' JOIN campaign_lists c"
                " USING (list_id) WHERE c.campaign_id = %s AND s.id > %s ORDER BY s.id LIMIT %s",
                (number, last, settings["app.batch_size"]),
            )
            batch = cursor.fetchall()
            if not batch:
                cursor.execute("UPDATE campaigns SET status = 'finished' WHERE id = %s", (number,))
                continue
            cursor.execute(
                "UPDATE campaigns SET last_subscriber_id = %s WHERE id = %s", (batch[-1][0], number)
            )
            [server] = settings["smtp"]
            with smtplib.SMTP(server["host"], server["port"]) as client:
                for _, address in batch:
                    client.send_message(email(subject, sender, address, text, html))
        time.sleep(0.05)


def email(subject: str, sender: str, to: str, text: str, html: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, sender, to
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


if __name__ == "__main__":
    assert sys.argv[1:3] == ["--config", ""], sys.argv
    assert sys.argv[3:] in (["--install", "--idempotent", "--yes"], []), sys.argv
    if "--install" in sys.argv:
        connect().cursor().execute(TABLES)
    else:
        send_campaigns()
