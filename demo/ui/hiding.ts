/** @file What a hidden page does not go on with. */

/** What is running when the page is hidden pauses, and goes on when it is shown. */
export function pauseWhenHidden(running: () => boolean, set: (running: boolean) => void): void {
  let paused = false;
  document.addEventListener('visibilitychange', () => {
    if (document.hidden ? running() : paused) {
      paused = document.hidden;
      set(!document.hidden);
    }
  });
}
