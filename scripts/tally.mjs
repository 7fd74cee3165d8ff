/**
 * Named checks of a script, counted: each runs to its end, a failed one does not stop the next, and the last line says
 * `N passed, N failed, N skipped` as the tests do.
 */
export function createTally() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  return {
    counts,
    /** Runs one check; what it returns is shown beside its name. It fails by throwing. */
    async check(name, run) {
      try {
        const note = await run();
        counts.passed += 1;
        console.log(`ok     ${name}${note === undefined ? '' : `  ${note}`}`);
      } catch (error) {
        counts.failed += 1;
        console.log(`FAILED ${name}\n${indent(error instanceof Error ? error.message : String(error))}`);
      }
    },
    skip(name, why) {
      counts.skipped += 1;
      console.log(`skip   ${name}  ${why}`);
    },
    /** Prints the closing line and sets the exit code. */
    close() {
      console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
      if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
    },
  };
}

function indent(text) {
  return text.replaceAll(/^/gm, '         ');
}
