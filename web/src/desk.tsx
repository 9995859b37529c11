import { render } from 'preact';
import { DeskPage } from './desk/desk-page.js';
import { Shell } from './session/shell.js';
import './style.css';

render(
  <Shell page="desk">
    <DeskPage />
  </Shell>,
  document.body,
);
