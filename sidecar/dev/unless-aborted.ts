/**
 * The result of work that cannot be interrupted, or the signal's reason as soon as there is one; the work itself
 * goes on, and what becomes of it is no longer of interest.
 */
export async function unlessAborted<T>(
	signal: AbortSignal,
	work: () => Promise<T>,
): Promise<T> {
	signal.throwIfAborted();
	let abort = () => {};
	const aborted = new Promise<never>((_, reject) => {
		abort = () => reject(signal.reason);
		signal.addEventListener("abort", abort);
	});
	try {
		return await Promise.race([work(), aborted]);
	} finally {
		signal.removeEventListener("abort", abort);
	}
}
