// What a script of the page that is next after allocinstr/auto can ask.
window.early = window.__moxie_mem_stats?.();
