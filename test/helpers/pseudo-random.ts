/** Numbers between 0 and 1 that look random and are the same in every run. */
export function* pseudoRandom(seed = 42): Generator<number, never> {
	for (let state = seed; ; ) {
		state = (state * 48_271) % 2_147_483_647;
		yield state / 2_147_483_647;
	}
}
