"""Signing up: a form, an email that asks to confirm it, and the subscription.

views               the sign-up page, the form for other sites, the page behind the confirmation
                    link, and the one that ends a pause
forms               the fields, with `name_rules`, `disposable_domains`, `domain_suggestions`
form_signature      when the form was made, signed: programs send forms too soon
form_limits         how often a network, a mailbox and everybody may sign up
proof_of_work       what a browser must compute when there is more than that
embedded_form       the form that other sites paste into their pages
referrals           which issue brought the reader
pending_sign_ups    the sign-up that waits for its confirmation, and the email about it
reminders, tasks    one reminder after two days
confirmation        what the button on the confirmation page does
resume_links        the link in emails to somebody who signs up while paused
"""
