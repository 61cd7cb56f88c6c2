// Installing never downloads a browser: scripts/ensure-browser.ts finds or installs one when it is needed.
module.exports = { skipDownload: true };
