"""Sending: each published issue is emailed once to each of its subscribers.

`docs/architecture.md` tells how; here is which module does what, in the order of a delivery's life.

    dispatches            publishes due issues, freezes their content, advances their dispatches
    alerts                stops what needs a person's decision, and emails staff
    issue_addresses       the envelope sender and reply address of issue emails
    list_headers          List-Id and unsubscribe links, for transactional emails too
    ledger                fills the ledger of a dispatch, finds work in it, finishes it
    tasks                 Celery wakes a worker, which does one send run after another
    send_run              a worker process sends one dispatch for a limited time
    connection_worker       on each of its connections: takes leases, sends their emails in order
    ledger_writer           for all its connections: the one thread and connection to the database
      batcher                 combines the requests of many connections
      async_postgres          the connection for progress records
    leases                batches of deliveries that a worker holds
      domain_backoff          holds back those to a domain that is limited or asked us to wait
    lease_progress        records how far a lease is, and returns the permit for its next email
    daily_limits          counts emails a day
    send_rate             keeps to SEND_RATE over all workers
    failure_streaks       notices when more than single emails fail
    personalised_email    the email itself, prepared once and personalised for each recipient
    transports            opens the connection that a mail server's settings ask for
      smtp_connection         SMTP, on top of smtp_protocol
      provider_transport      a provider's API
    transport_interface   what these have in common: replies, errors, permits
    transactions          database transactions that cannot outlive their worker

    admin                 the pages to send, watch, pause, resume and cancel
    dispatch_progress       the figures on them
    complaint_rate          the share of readers who reported the issue as spam
    views                 'View in browser'

Imports go one way: tasks, admin → send_run → connection_worker → ledger_writer → leases →
lease_progress, and dispatches → ledger.
"""
