/**
 * Time that processors spent in this process, milliseconds: what the others on the machine do meanwhile does not count, and
 * what is found out about a model does not depend on it.
 */
export function processorMs(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1_000;
}
