/** @file Everything that the main entry exports, to be weighed. */
import * as everything from 'tapegrad';

Object.assign(window, { everything });
