"""Bounces, complaints and replies: everything that comes back after an email was sent.

The way through the modules:

1. Source. `webhooks` takes events from email providers: `webhook_views` verifies them, and
   `provider_events` says what each means. `mailbox_fetch` (called by `tasks`) and
   `manage.py process_report` (a pipe) take whole messages. `session_refusals` reads what mail
   servers replied while we were sending.
2. `incoming_mail` processes one message from beginning to end:
   a. `message_parts` splits it; `message_kind` tells bounce, complaint, auto-reply and reply apart.
   b. `report_parser` turns it into a `report.Report`: by `provider_reports` (complaints, Amazon
      SES), `delivery_status` (RFC 3464), or the free text (`recipient_addresses`).
   c. `classification` finds the reason in codes and phrases, which makes the bounce hard, full,
      policy or soft.
   d. `delivery_lookup` finds the delivery that the report is about, by its signed token.
3. `suppression_policy` records the event and suppresses the address when the policy says so.
   `bounce_pause` pauses a dispatch whose bounces are about us.
4. `replies` turns what a person wrote into a comment on the issue, or passes the links that staff
   send to a clippings address on to `clipping_mail`.

You can edit without code: `diagnostic_phrases.toml` (phrase to reason), `message_phrases.toml` (how
mail systems and auto-replies write) and `suppression_policy.toml` (how many bounces suppress an
address). To add an email provider, add a line to `PROVIDERS` in newsroom/webhook_providers.py and
a table to provider_events.py, which says what each event means.
`admin` shows events and suppressions to staff.
"""
