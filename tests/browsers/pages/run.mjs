// Runs the app that the address names, `?gofmt/original`. What comes of it, or went wrong, is `window.ran`.
window.ran = import(`/${location.search.slice(1)}/app.mjs`).then((app) => app.run());
