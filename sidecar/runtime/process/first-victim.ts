import { writeFileSync } from "node:fs";

/**
 * Makes the kernel end this process before any other where memory runs out: a model that takes too much is started
 * again, and neither the sidecar nor OpenSearch beside it pays for it. Linux alone has the file; where it can't be
 * written (a read-only /proc, a sandbox), the kernel judges by size, and a model still runs.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
 */
export function offerAsFirstVictim(): void {
	if (process.platform !== "linux") return;
	try {
		writeFileSync("/proc/self/oom_score_adj", "1000");
	} catch (error) {
		console.error(`the process keeps its oom_score_adj: ${String(error)}`);
	}
}
