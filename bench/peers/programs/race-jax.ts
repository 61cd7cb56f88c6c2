/** @file The page of jax in the race. */
import { start } from '../contenders/jax.ts';
import { serveSession } from '../session.ts';

serveSession(start);
