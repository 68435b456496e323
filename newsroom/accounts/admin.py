"""Which lists of django-otp the admin has: none. Devices belong to their owners' own pages.

The list of log-ins stands in `briefings`, beside accounts and their roles.
"""

from django.contrib import admin
from django_otp.plugins.otp_static import admin as static_admin
from django_otp.plugins.otp_totp import admin as totp_admin

for model in (static_admin.StaticDevice, totp_admin.TOTPDevice):
    admin.site.unregister(model)
