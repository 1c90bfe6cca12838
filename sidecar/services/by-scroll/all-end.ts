/**
 * What several pieces of work make, in their order, once all of them have ended: nothing goes on behind an error.
 *
 * @throws the first error of them
 */
export async function allEnd<T>(work: readonly Promise<T>[]): Promise<T[]> {
	const settled = await Promise.allSettled(work);
	return settled.map((result) => {
		if (result.status === "rejected") throw result.reason;
		return result.value;
	});
}
