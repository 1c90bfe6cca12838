import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one plain line of what really ran, for whoever reads the output with a program. */
export default class TallyReporter implements Reporter {
	onTestRunEnd(
		modules: ReadonlyArray<TestModule>,
		unhandledErrors: ReadonlyArray<unknown>,
	): void {
		const states = modules.flatMap((module) =>
			[...module.children.allTests()].map((test) => test.result().state),
		);
		const count = (state: string) =>
			states.filter((candidate) => candidate === state).length;
		const broken = modules.filter((module) => module.errors().length > 0);
		const failed = count("failed") + broken.length + unhandledErrors.length;
		const skipped = count("skipped") + count("pending");
		// After the other reporters' own last words.
		process.once("exit", () =>
			process.stdout.write(
				`${count("passed")} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`,
			),
		);
	}
}
