// After a passkey was added, go on to the recovery codes.

document.addEventListener("otp_webauthn.register_complete", (event) => {
  location.assign(event.target.dataset.done);
});
