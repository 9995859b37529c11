import { render } from 'preact';
import './style.css';

render(<h1>Desk</h1>, document.body);
