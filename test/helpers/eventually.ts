import { setTimeout } from "node:timers/promises";

/** Waits until a condition holds that has to be asked for; the test's own time limit ends the wait. */
export async function eventually(
	condition: () => Promise<boolean>,
): Promise<void> {
	while (!(await condition())) await setTimeout(50);
}
