/** @file The page of tapegrad in the race. */
import { start } from '../contenders/tapegrad.ts';
import { serveSession } from '../session.ts';

serveSession(start);
